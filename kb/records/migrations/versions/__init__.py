"""One file per step, oldest first. A step that was released never changes."""
