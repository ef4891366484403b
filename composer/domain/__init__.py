"""The nouns: frozen dataclasses and the columnar Audience. They import nothing of ours but errors."""
