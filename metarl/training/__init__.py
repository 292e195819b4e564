"""What changes the parameters: losses, gradients, A2C and A3C."""
