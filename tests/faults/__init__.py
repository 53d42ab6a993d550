"""Crashes, damage and contention, caused for real."""
