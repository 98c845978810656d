#!/bin/sh
# The fields of the answer, an empty line, its content. What the request said is in the environment.
echo "Content-Type: text/plain; charset=utf-8"
echo
echo "Hello, ${PATH_INFO#/}! This is $REQUEST_METHOD $SCRIPT_NAME"
