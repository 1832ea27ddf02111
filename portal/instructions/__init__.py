"""What a customer starts on their computer: the facts that go into it, and the scripts."""
