"""What a market is: pure values and rules. Standard library only."""
