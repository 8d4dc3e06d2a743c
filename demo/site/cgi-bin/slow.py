#!/usr/bin/env python3
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
"""Answers after more than T2MLogSlow's default of two seconds."""
import time

time.sleep(2.2)
print("Content-Type: text/plain\n\nsorry for the delay")
