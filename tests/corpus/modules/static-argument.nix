text:
{ ... }:
{
  leaf = [ text ];
}
