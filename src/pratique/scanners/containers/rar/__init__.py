"""RAR: tables.py what it lists, in its two forms rar4.py and rar5.py; key.py its locks."""
