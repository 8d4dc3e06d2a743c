"""A fault in a thread: another line stands before the traceback."""
import threading


def work(number):
    return [1, 2, 3][number]


thread = threading.Thread(target=work, args=(7,), name="worker-1")
thread.start()
thread.join()
