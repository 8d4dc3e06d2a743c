"""A fault in another process: its traceback is told in the message of the cause."""
from concurrent.futures import ProcessPoolExecutor


def render(page):
    raise ValueError(f"page {page}: no template")


def main():
    with ProcessPoolExecutor(max_workers=1) as pool:
        print(list(pool.map(render, [7])))


if __name__ == "__main__":
    main()
