"""How documents get into the knowledge base: sources, parsers, the splitter and the pipeline."""

from ingest.held_out import put_all, questions_of, without_question
from ingest.parsing import Parsed, parse_file, parse_text
from ingest.pipeline import ingest
from ingest.report import FileReport, Report
from ingest.splitter import embedding_text, split

__all__ = [
    "FileReport",
    "Parsed",
    "Report",
    "embedding_text",
    "ingest",
    "parse_file",
    "parse_text",
    "put_all",
    "questions_of",
    "split",
    "without_question",
]
