#!/usr/bin/python3
"""Runs the small Django site that the end-to-end tests reach through the proxy.

DJANGO_DB names the database file. Debian 12's python3-django is all it needs:

    DJANGO_DB=portal.sqlite3 /usr/bin/python3 manage.py setup_site
    DJANGO_DB=portal.sqlite3 /usr/bin/python3 manage.py runserver 127.0.0.1:8000
"""
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    execute_from_command_line(sys.argv)
