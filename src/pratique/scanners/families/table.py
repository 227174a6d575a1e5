"""List the families that makers of engines call by several names.

A family stands here under the name that most use, as they write it, with its others behind it;
a name with a dot is one variant that belongs here while the rest of its family does not
(`Mimail.R` is Mydoom, and `Mimail.A` is not).  A word that honest rules and file names have
too (Storm, Snake) is left out: by this table families are found in the names of rules as well.
"""

FAMILIES: dict[str, tuple[str, ...]] = {
    # The worms of 2003 to 2005, and their kin.
    "Bagle": ("Beagle", "Lodear"),
    "Blaster": ("Lovsan", "Lovesan", "Msblast", "Msblaster"),
    "Bugbear": ("Tanatos",),
    "Dumaru": (),
    "Evaman": (),
    "Fizzer": (),
    "Klez": ("Klaz",),
    "Lovgate": ("Supnot",),
    "LoveLetter": ("Lovelett", "Iloveyou", "Lovebug"),
    "Mimail": (),
    "Mydoom": ("Novarg", "Shimgapi", "Shimg", "Mimail.R"),
    "Mytob": (),
    "Netsky": ("SomeFool", "Moodown"),
    "Nimda": (),
    "Nyxem": ("Blackmal", "Mywife", "Tearec", "Blackworm"),
    "Sasser": (),
    "Sircam": (),
    "Sobig": ("Palyh",),
    "Sober": (),
    "Stration": ("Warezov",),
    "Swen": ("Gibe",),
    "Wurmark": ("Mugly",),
    "Yaha": ("Lentin",),
    "Zafi": ("Erkez", "Hazafi"),
    "Zhelatin": ("Nuwar", "Peacomm", "Tibs"),
    "Zotob": (),
    # What mail has brought since.
    "AgentTesla": ("Agensla", "Negasteal"),
    "Andromeda": ("Gamarue", "Wauchos"),
    "AsyncRAT": (),
    "Bladabindi": ("Njrat",),
    "Bumblebee": (),
    "Conficker": ("Downadup", "Kido"),
    "Dridex": (),
    "Dyre": ("Dyreza", "Battdil"),
    "Emotet": ("Heodo", "Geodo"),
    "FormBook": (),
    "GuLoader": ("CloudEye",),
    "Hancitor": ("Chanitor",),
    "IcedID": ("Bokbot",),
    "Locky": (),
    "LokiBot": ("Lokipws",),
    "NanoCore": ("Nanobot",),
    "Pony": ("Fareit",),
    "Qakbot": ("Qbot", "Quakbot", "Pinkslipbot"),
    "Ramnit": ("Nimnul",),
    "Remcos": ("Remcosrat",),
    "Sality": ("Kookoo",),
    "SmokeLoader": ("Dofoil",),
    "TrickBot": ("Trickster", "Trickloader", "TheTrick"),
    "Upatre": ("Waski",),
    "Ursnif": ("Gozi", "Dreambot"),
    "Virut": ("Virtob",),
    "WannaCry": ("Wannacrypt", "Wannacryptor", "Wcry"),
    "Zbot": ("Wsnpoem",),
    # The test file, which is no worm.
    "Eicar": ("Eicartest", "Eicartestfile"),
}
