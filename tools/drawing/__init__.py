"""The pictures of the library as code: a canvas, and scenes by theme."""
