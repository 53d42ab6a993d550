"""The bundled embedding model's files, and the program that trains them; see README.md in this folder."""
