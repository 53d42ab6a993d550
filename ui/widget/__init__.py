"""The widget for other people's documentation sites: its script, and the words that it says."""
