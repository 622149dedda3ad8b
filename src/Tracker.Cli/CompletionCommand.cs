using System.CommandLine;

namespace Tracker.Cli;

/// <summary><c>tracker completion bash|zsh|fish|pwsh</c>: a script that completes commands and options, made of the command line itself.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _tracker() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(tracker "[suggest:$COMP_POINT]" "$COMP_LINE" 2> /dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _tracker tracker
        """;

    private const string Zsh = """
        #compdef tracker
        _tracker() {
          local line="${(j: :)words[1,CURRENT]}"
          local -a found
          found=("${(@f)$(tracker "[suggest:${#line}]" "$line" 2> /dev/null)}")
          [[ -n "$found" ]] && compadd -a found || _files
        }
        compdef _tracker tracker
        """;

    private const string Fish = """
        function __tracker_complete
          set -l line (commandline -cp | string collect)
          tracker "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
        end
        complete -c tracker -a '(__tracker_complete)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName tracker -ScriptBlock {
          param($word, $line, $position)
          tracker "[suggest:$position]" "$line" 2> $null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        var command = new Command("completion", "Print a script that completes this command in a shell; for bash: source <(tracker completion bash)") { shell };
        command.SetAction(parsed => Console.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, "pwsh" => PowerShell, _ => Bash }));
        return command;
    }
}
