# Lets a technician see and control this computer, once its owner has said yes, until this window is closed.
# For Windows 7 and newer (PowerShell 2); connect.bat does the same on every Windows since XP.
#
#   powershell -NoProfile -ExecutionPolicy Bypass -File connect.ps1
#
# 1. Asks. Anything but yes ends here, with nothing written anywhere.
# 2. Finds TightVNC: beside this file, or where it is installed. A server that runs already is used as it is.
#    Otherwise this saves the settings below HKCU, sets a few, and starts the server without a listening port.
# 3. A second, hidden PowerShell (-Worker) dials, dials again after a loss, and at the end puts everything back.
#    It ends when this window is closed, a key is pressed here, the session has ended, or its time is up.
#
# All its files are in %TEMP%\reachback.
param([switch] $Worker)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Target = '@target@'
$HostName = '@host@'
$Port = @port@
$PortIsShared = $@port_is_shared@
$Page = '@page@'
$Until = (Get-Date).AddMinutes(@minutes@)
$Box = Join-Path $env:TEMP 'reachback'
if (-not $Worker) { $env:REACHBACK_FOLDER = Split-Path -Parent $MyInvocation.MyCommand.Path }

# --- What is there --------------------------------------------------------------------------------

function Find-Server {
    $places = @(
        @{ Folder = $env:REACHBACK_FOLDER; File = 'tvnserver.exe'; Dial = '@dial_kit@' },
        @{ Folder = "$env:ProgramFiles\TightVNC"; File = 'tvnserver.exe'; Dial = "-connect $Target" },
        @{ Folder = "$env:ProgramW6432\TightVNC"; File = 'tvnserver.exe'; Dial = "-connect $Target" },
        @{ Folder = "${env:ProgramFiles(x86)}\TightVNC"; File = 'tvnserver.exe'; Dial = "-connect $Target" },
        @{ Folder = "$env:ProgramFiles\TightVNC"; File = 'WinVNC.exe'; Dial = "-connect $Target" },
        @{ Folder = "${env:ProgramFiles(x86)}\TightVNC"; File = 'WinVNC.exe'; Dial = "-connect $Target" }
    )
    # A Windows of 32 bits does not know all of these variables.
    foreach ($place in $places | Where-Object { $_.Folder -ne '\TightVNC' }) {
        $path = Join-Path $place.Folder $place.File
        if (Test-Path -LiteralPath $path) {
            return (Get-Description ([IO.Path]::GetFileNameWithoutExtension($path))) + @{ Path = $path; Dial = $place.Dial }
        }
    }
    return $null
}

function Get-Description([string] $Name) {
    if ($Name -eq 'tvnserver') {
        return @{
            Name = $Name; Top = 'HKCU\Software\TightVNC'; Key = 'HKCU\Software\TightVNC\Server'
            Control = '-controlapp'; HangUp = '-disconnectall'; ShutDown = '-shutdown'; Mode = 'start'
        }
    }
    return @{
        Name = $Name; Top = 'HKCU\Software\ORL'; Key = 'HKCU\Software\ORL\WinVNC3'
        Control = ''; HangUp = '-killallclients'; ShutDown = '-kill'; Mode = 'start'
    }
}

# A server that runs already keeps its settings and its password: it is only told to call.
function Add-Mode($Server) {
    $service = Get-Service -Name $Server.Name -ErrorAction SilentlyContinue
    if ($service -and $service.Status -eq 'Running') {
        $Server.Mode = 'service'
        if ($Server.Control) { $Server.Control = '-controlservice' }
    } elseif (Test-Running $Server) {
        $Server.Mode = 'app'
    }
    if ($Server.Mode -ne 'start') { $Server.Dial = "-connect $Target" }
}

function Test-Running($Server) {
    $here = (Get-Process -Id $PID).SessionId
    $found = @(Get-Process -Name $Server.Name -ErrorAction SilentlyContinue | Where-Object { $_.SessionId -eq $here })
    return $found.Count -gt 0
}

function Get-LinkState {
    $far = @()
    if ($PortIsShared) { try { $far = @([Net.Dns]::GetHostAddresses($HostName)) } catch { return 'down' } }
    $state = 'down'
    $all = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpConnections()
    foreach ($one in $all) {
        if ($one.RemoteEndPoint.Port -ne $Port) { continue }
        if ($PortIsShared -and -not ($far -contains $one.RemoteEndPoint.Address)) { continue }
        if ($one.State -eq 'Established') { return 'up' }
        if ($one.State -eq 'SynSent') { $state = 'trying' }
    }
    return $state
}

# 404 and 410 are the end; no answer, or any other, is none.
function Test-Ended {
    try {
        $request = [Net.WebRequest]::Create($Page)
        $request.Accept = 'application/json'
        $request.Timeout = 8000
        $request.GetResponse().Close()
        return $false
    } catch {
        $problem = $_.Exception
        while ($problem -and -not ($problem -is [Net.WebException])) { $problem = $problem.InnerException }
        if (-not $problem -or -not $problem.Response) { return $false }
        return (404, 410) -contains [int] $problem.Response.StatusCode
    }
}

# --- What is changed, and put back ----------------------------------------------------------------

function Test-Key([string] $Key) {
    return Test-Path -LiteralPath ('Registry::' + $Key.Replace('HKCU\', 'HKEY_CURRENT_USER\'))
}

function Invoke-Reg {
    $words = $args | ForEach-Object { if ("$_" -match '\s') { '"' + $_ + '"' } else { "$_" } }
    $done = Start-Process -FilePath reg.exe -ArgumentList $words -WindowStyle Hidden -PassThru -Wait
    return $done.ExitCode -eq 0
}

function Set-Number($Server, [string] $Name, [int] $Value) {
    $null = Invoke-Reg add $Server.Key /v $Name /t REG_DWORD /d $Value /f
}

function Save-Settings($Server) {
    if (-not (Test-Key $Server.Top)) { Set-Content -LiteralPath "$Box\$($Server.Name).top" -Value 1 }
    if (-not (Test-Key $Server.Key)) {
        Set-Content -LiteralPath "$Box\$($Server.Name).new" -Value 1
        return $true
    }
    return Invoke-Reg export $Server.Key "$Box\$($Server.Name).reg"
}

function Set-Settings($Server) {
    if ($Server.Name -ne 'tvnserver') {
        Set-Number $Server SocketConnect 0
        return
    }
    Set-Number $Server AcceptRfbConnections 0
    Set-Number $Server AcceptHttpConnections 0
    Set-Number $Server LoopbackOnly 0
    Set-Number $Server EnableFileTransfers @file_transfer@
    @password@
}

function Restore-Settings($Server) {
    $saved = "$Box\$($Server.Name).reg"
    if (Test-Path -LiteralPath $saved) {
        $null = Invoke-Reg delete $Server.Key /f
        if (Invoke-Reg import $saved) { Remove-Item -LiteralPath $saved }
    } elseif (Test-Path -LiteralPath "$Box\$($Server.Name).new") {
        $null = Invoke-Reg delete $Server.Key /f
        if (Test-Path -LiteralPath "$Box\$($Server.Name).top") { $null = Invoke-Reg delete $Server.Top /f }
        Remove-Item -Path "$Box\$($Server.Name).new", "$Box\$($Server.Name).top" -ErrorAction SilentlyContinue
    }
}

# What a run left behind that was cut short, by a power failure for example.
function Clear-LeftOvers {
    foreach ($name in 'tvnserver', 'WinVNC') { Restore-Settings (Get-Description $name) }
}

function Invoke-Server($Server, [string] $Command) {
    Start-Process -FilePath $Server.Path -ArgumentList "$($Server.Control) $Command".Trim()
}

function Stop-Help($Server) {
    if ($Server.Mode -eq 'service' -or (Test-Running $Server)) {
        Invoke-Server $Server $Server.HangUp
        Start-Sleep -Seconds 1
        if ($Server.Mode -eq 'start') {
            Invoke-Server $Server $Server.ShutDown
            Start-Sleep -Seconds 2
        }
    }
    if ($Server.Mode -eq 'start') { Restore-Settings $Server }
}

# --- The worker -----------------------------------------------------------------------------------

# The window holds window.lock open for as long as it lives, and the worker holds worker.lock.
function Open-Lock([string] $Name) {
    return [IO.File]::Open((Join-Path $Box $Name), 'OpenOrCreate', 'Write', 'Read')
}

function Test-Free([string] $Name) {
    try {
        (Open-Lock $Name).Close()
        return $true
    } catch {
        return $false
    }
}

function Start-Server($Server) {
    if (-not (Save-Settings $Server)) {
        Set-Content -LiteralPath "$Box\failed.txt" -Value 1
        return $false
    }
    Set-Settings $Server
    Start-Process -FilePath $Server.Path -ArgumentList '-run'
    Start-Sleep -Seconds @start@
    return $true
}

function Watch-Link($Server) {
    $hadLink = $false
    $pause = @first@
    $dial = Get-Date
    $ask = (Get-Date).AddSeconds(@ask@)
    while ((Get-Date) -lt $Until) {
        if ((Test-Path -LiteralPath "$Box\key.txt") -or (Test-Free window.lock)) { return }
        $state = Get-LinkState
        if ($state -eq 'up') {
            Set-Content -LiteralPath "$Box\up.txt" -Value 1
            $hadLink = $true
            $pause = @first@
            $dial = Get-Date
        } else {
            Remove-Item -LiteralPath "$Box\up.txt" -ErrorAction SilentlyContinue
        }
        if ($state -eq 'down' -and (Get-Date) -ge $dial) {
            if ($Server.Mode -ne 'service' -and -not (Test-Running $Server)) { return }
            # A link that is gone may have been ended on purpose.
            if ($hadLink -and (Test-Ended)) { return }
            Invoke-Server $Server $Server.Dial
            $dial = (Get-Date).AddSeconds($pause)
            $pause = [Math]::Min($pause * 2, @last@)
        }
        if ((Get-Date) -ge $ask) {
            if (Test-Ended) { return }
            $ask = (Get-Date).AddSeconds(@ask@)
        }
        Start-Sleep -Seconds @tick@
    }
}

function Invoke-Worker {
    $server = Find-Server
    $lock = Open-Lock worker.lock
    try {
        Add-Mode $server
        if ($server.Mode -ne 'start' -or (Start-Server $server)) { Watch-Link $server }
    } finally {
        Stop-Help $server
        Set-Content -LiteralPath "$Box\done.txt" -Value 1
        $lock.Close()
    }
    if ((Test-Free window.lock) -and -not (Test-Path -Path "$Box\*.reg")) {
        Remove-Item -LiteralPath $Box -Recurse -Force -ErrorAction SilentlyContinue
    }
}

# --- The window -----------------------------------------------------------------------------------

function Test-KeyPressed {
    try {
        return [Console]::KeyAvailable
    } catch {
        return $false
    }
}

function Wait-Key {
    @say press@
    try { $null = [Console]::ReadKey($true) } catch { $null = Read-Host }
}

function Show-Progress($Process) {
    $shown = ''
    while (-not $Process.HasExited) {
        if (Test-KeyPressed) {
            $null = [Console]::ReadKey($true)
            return
        }
        $now = if (Test-Path -LiteralPath "$Box\up.txt") { 'up' } else { 'down' }
        if ($now -ne $shown) {
            if ($now -eq 'up') {
                @say connected@
                @say off@
            } elseif ($shown -eq 'up') {
                @say lost@
            } else {
                @say calling@
            }
            $shown = $now
        }
        Start-Sleep -Milliseconds 500
    }
}

function Show-Window($Server) {
    $lock = Open-Lock window.lock
    $words = "-NoProfile -ExecutionPolicy Bypass -File `"$Box\run.ps1`" -Worker"
    $process = Start-Process -FilePath powershell.exe -ArgumentList $words -WindowStyle Hidden -PassThru
    try {
        Show-Progress $process
    } finally {
        @say stopping@
        Set-Content -LiteralPath "$Box\key.txt" -Value 1
        $process.WaitForExit()
        # Where somebody ended the worker, what it would have put back is put back here.
        if (-not (Test-Path -LiteralPath "$Box\done.txt")) { Stop-Help $Server }
        $lock.Close()
    }
}

function Read-Consent {
    Write-Host ''
    @say asks@
    @say until@
    Write-Host ''
    @say sees@
    @say files@
    @say wire@
    Write-Host ''
    @say off@
    Write-Host ''
    $answer = Read-Host '@question@'
    return @(@accept@) -contains "$answer".Trim().ToUpper()
}

function Start-Help {
    $server = Find-Server
    if (-not $server) {
        @say no_server@
        @say where_from@
        return
    }
    @say preparing@
    $null = New-Item -ItemType Directory -Path $Box -Force
    if (-not (Test-Free window.lock) -or -not (Test-Free worker.lock)) {
        @say twice@
        return
    }
    Clear-LeftOvers
    Get-ChildItem -LiteralPath $Box | Where-Object { $_.Extension -eq '.txt' } | Remove-Item
    Copy-Item -LiteralPath $script:MyInvocation.MyCommand.Path -Destination "$Box\run.ps1" -Force
    Add-Mode $server
    Show-Window $server
    if (Test-Path -LiteralPath "$Box\failed.txt") {
        @say failed@
    } elseif (Test-Path -Path "$Box\*.reg") {
        @say not_back@
        return
    } else {
        @say finished@
    }
    Remove-Item -LiteralPath $Box -Recurse -Force -ErrorAction SilentlyContinue
}

# Without this, Windows 7 speaks nothing newer than TLS 1.0.
try { [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType] 3072 } catch { $null = $_ }
if ($Worker) {
    Invoke-Worker
    exit
}
$Host.UI.RawUI.WindowTitle = '@title@'
if (Read-Consent) {
    Start-Help
} else {
    @say declined@
}
Wait-Key
