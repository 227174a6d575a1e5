"""Name hosts that lead to another address, which is hidden until it is opened.

Those that anybody may use for any address; a company's own (`youtu.be`, `aka.ms`) lead to
that company.  `links.shorteners` in the settings has more of them.
"""

HOSTS = (
    "adf.ly", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "bzfd.it", "clck.ru", "cli.gs",
    "cutt.ly", "dlvr.it", "gg.gg", "goo.gl", "goo.su", "han.gl", "ht.ly", "ift.tt", "is.gd", "j.mp",
    "kutt.it", "lc.chat", "linktr.ee", "lnkd.in", "me2.do", "n9.cl", "ow.ly", "qr.ae", "qrco.de",
    "rb.gy", "rebrand.ly", "s.id", "shor.by", "short.gy", "shorturl.at", "shrtco.de", "snip.ly",
    "soo.gd", "surl.li", "t.co", "t.ly", "t2m.io", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im",
    "trib.al", "u.to", "ur0.jp", "url.kr", "urlz.fr", "v.gd", "vk.cc", "vo.la", "x.co", "x.gd",
)  # fmt: skip
