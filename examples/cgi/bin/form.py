#!/usr/bin/env python3
"""Answers a form: the request's content is the standard input, as long as CONTENT_LENGTH says."""
import html
import os
import sys
from urllib.parse import parse_qs

form = parse_qs(sys.stdin.read(int(os.environ.get("CONTENT_LENGTH") or 0)))
if "name" not in form:
    print("Status: 400 Bad Request\nContent-Type: text/plain\n\nSend a name.")
else:
    print("Content-Type: text/html; charset=utf-8\n")
    for _ in range(int(form.get("times", ["1"])[0])):
        print(f"<p>Hello, {html.escape(form['name'][0])}!</p>")
