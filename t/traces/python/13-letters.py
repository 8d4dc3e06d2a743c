"""Names and texts in letters of all kinds."""


class Größe(ValueError):
    pass


def prüfe(wert):
    match wert:
        case {"größe": größe}:
            raise Größe(f"„{größe}“ ist zu groß: \t\x1e 😀")


class Kasse:
    def zahle(self, *posten): return [prüfe(p) for p in posten]


Kasse().zahle({"größe": 99})
