"""Decides what stands on the page, in which order, and makes it fit."""
