#!/usr/bin/env python3
"""Dies with a traceback of three frames."""


def read_audio(name):
    raise ValueError("Audio file exceeds maximum size: " + name)


def transcribe(name):
    return read_audio(name)


transcribe("speech.wav")
