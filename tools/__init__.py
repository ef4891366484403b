"""What engineers run: documents, pictures, the system parts of the tests."""
