"""The book: its notebooks, and the fixtures that decide whether their numbers are right."""
