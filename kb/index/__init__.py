"""The indexes that search stands on, and how they follow the records; `base` is what every index does."""
