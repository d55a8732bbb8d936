"""From an edition to HTML, plain text and PDF."""
