"""How reviewed answers leave: as Markdown files in a folder or a git branch, each read back as the same document."""

from assistant.publishing.entry import answer_of, completed
from assistant.publishing.files import Place, PublishReport, publish, successor
from assistant.publishing.folder import FolderPlace
from assistant.publishing.git import BranchPlace
from assistant.publishing.keywords import summary
from assistant.publishing.markdown import file_path, page_path, to_markdown

__all__ = [
    "BranchPlace",
    "FolderPlace",
    "Place",
    "PublishReport",
    "answer_of",
    "completed",
    "file_path",
    "page_path",
    "publish",
    "successor",
    "summary",
    "to_markdown",
]
