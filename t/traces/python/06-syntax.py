"""No Python: the interpreter prints no first line."""
article = "tea"
if article = "tea":
    print(article)
