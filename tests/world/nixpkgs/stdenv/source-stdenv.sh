# Run with another script as its argument, which is what builds.
source "$1"
