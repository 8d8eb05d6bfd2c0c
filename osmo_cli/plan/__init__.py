"""From a wanted state to the service's: one object's change today; whole directories later."""
