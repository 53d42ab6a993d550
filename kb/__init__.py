"""What is known: values, text, records, embedding, indexes and search."""
