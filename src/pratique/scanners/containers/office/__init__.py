"""What office programs and Outlook write, and how it is locked.

ole.py         compound files; ole_objects.py what OLE embeds; ole_smallest.py writes some
msg_properties.py  mapi.py  lzfu.py  rtf_html.py   what Outlook's messages are made of
lock.py  binary.py  xor.py   locked documents of Office; odf_lock.py those of OpenDocument
ciphers.py     RC4, AES, Blowfish
chm_file.py    compiled help, and its LZX by way of cabinets
"""
