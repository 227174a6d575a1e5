"""The trees of images: iso_tables.py and udf.py of discs, fat_tables.py of FAT volumes."""
