"""Telling others what happened: webhooks to experts' channels, and mail to askers whose answer was corrected.

What is to be told is stored in the transaction that makes it true (`outbox`, `askers`), and sent from a thread
(`courier`) that tries again until it is taken, over restarts too. Nothing is imported here: who stores a notice needs
no HTTP client.
"""
