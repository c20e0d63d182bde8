"""Results that ship with the code, and the trainings behind them: `python -m experiments.shipped` makes their files."""
