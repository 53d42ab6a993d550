"""Speed and quality figures on the real corpus: `python -m tests.bench`."""
