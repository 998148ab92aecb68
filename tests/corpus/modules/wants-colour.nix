{ colour, ... }:
{
  leaf = [ colour ];
}
