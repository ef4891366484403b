"""The demo: generated people with hidden tastes go through the real path, weeks fast-forwarded."""
