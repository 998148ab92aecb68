{ lib, ... }:

{
  home.file = lib.genAttrs [ ".one" ".two" ] (name: {
    text = name;
  });
  xdg.configFile = builtins.listToAttrs [
    {
      name = "generated";
      value.text = "from a list";
    }
  ];
  programs.htop.settings = {
    tree_view = true;
  };
}
