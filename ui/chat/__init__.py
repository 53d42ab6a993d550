"""The chat page: Gradio for the connection between page and assistant, our own HTML for everything one sees.

The page keeps no state on the server and none in `gr.State`, which would hold one connection open per tab: the script
`ui/static/chat.js` sends each question with the conversation's capability and gets the turn back as finished HTML.
Gradio is imported when the page is built, not before: that takes seconds, and the API need not wait for it.
"""

from ui.chat.page import build_chat

__all__ = ["build_chat"]
