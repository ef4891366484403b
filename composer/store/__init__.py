"""The database: tables, migrations, and one file of queries per noun. Rows stay inside; nouns go out.

Adding a recipient attribute: a column in tables.py, a migration, the reader in audience.py and the
source's column list. `tests/store/test_privacy.py` fails until export and erasure know a new table.
"""
