#!/bin/sh
echo "Content-Type: text/plain; charset=utf-8"
echo
date -u +%H:%M:%S
