# Nobody maintains the stand-ins; `lib.maintainers` is a set all the same.
{ }
