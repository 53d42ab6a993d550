"""What is counted while questions are answered, for `/metrics`. One registry for the process, as Prometheus expects."""

from prometheus_client import Counter, Gauge, Histogram

__all__ = [
    "ANSWER_SECONDS",
    "BREAKER_OPEN",
    "CITATIONS_DROPPED",
    "FIRST_TOKEN_SECONDS",
    "ITEMS_UNSUPPORTED",
    "MODEL_CALLS",
    "MODEL_TOKENS",
    "NOTICES",
    "QUESTIONS",
]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60)

QUESTIONS = Counter("dayi_questions_total", "Questions by how they ended", ["outcome", "engine"])
ANSWER_SECONDS = Histogram("dayi_answer_seconds", "From a question to its last event", ["engine"], buckets=_SECONDS)
FIRST_TOKEN_SECONDS = Histogram(
    "dayi_first_token_seconds", "From a question to the language model's first words", buckets=_SECONDS
)
MODEL_CALLS = Counter("dayi_model_calls_total", "Calls of the language model by result", ["result"])
MODEL_TOKENS = Counter("dayi_model_tokens_total", "Tokens in and out, estimated where the server does not say")
BREAKER_OPEN = Gauge("dayi_model_breaker_open", "1 while the language model is left alone after failures")
CITATIONS_DROPPED = Counter("dayi_citations_dropped_total", "Citations by the model that pointed nowhere")
ITEMS_UNSUPPORTED = Counter("dayi_items_unsupported_total", "Items by the model that their citations do not support")
NOTICES = Counter("dayi_notices_total", "Webhooks and mail by what became of them", ["result"])
