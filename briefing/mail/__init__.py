"""Mail: composing, signing and sending it, and reading bounces and other replies."""
