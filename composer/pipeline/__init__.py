"""The path, in order: ingest -> plan -> deliver -> track -> retrain. Each: load, one pure call, save."""
