"""CMS: ber.py the encoding below it (X.690), content.py where its content is."""
