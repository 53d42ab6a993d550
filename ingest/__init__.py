"""How documents get into the knowledge base: sources, parsers, the splitter and the pipeline."""

from ingest.editing import editable, edited, new_answer
from ingest.held_out import put_all, questions_of, without_question
from ingest.parsing import Parsed, parse_file, parse_text
from ingest.pipeline import ingest
from ingest.report import FileReport, Report
from ingest.splitter import embedding_text, prepared, split

__all__ = [
    "FileReport",
    "Parsed",
    "Report",
    "editable",
    "edited",
    "embedding_text",
    "ingest",
    "new_answer",
    "parse_file",
    "parse_text",
    "prepared",
    "put_all",
    "questions_of",
    "split",
    "without_question",
]
