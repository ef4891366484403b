"""Delivery, measured beside other senders: `python -m bench.deliver`."""
