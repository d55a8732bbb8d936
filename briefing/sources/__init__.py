"""Fetching and parsing of sources, from web address or file to document."""
