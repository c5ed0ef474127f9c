"""A telephone of our own (SIP, RTP): the caller in tests, the demo and `hotline call`, and the carrier's side."""
