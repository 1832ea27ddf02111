"""The checker bites: each planted violation is found, and what XP knows is left alone."""

from __future__ import annotations

import pytest

from .xp_checker import problems


def file(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("@echo off", *lines)).encode("cp850")


@pytest.mark.parametrize(
    "line",
    [
        "timeout /t 5 >nul",
        "choice /c yn",
        "if errorlevel 1 choice /c yn",
        'reg export "HKCU\\Software" a.reg /y',
        "reg save HKCU a",
        "reg query HKCU /f x",
        "powershell -Command exit",
        "if exist x powershell",
        "cmd /c x & powershell",
        "echo a | clip",
        'start "%VNC%" -run',
        "start notepad",
        "start /affinity 1",
        "setx A B",
        "where cmd",
        "findstr /?",
        "forfiles",
        "robocopy a b",
        "icacls a",
        "curl http://example.org",
        "certutil -hashfile a",
        "wmic process",
        "tasklist",
        "netstat -b",
        "ping -4 localhost",
        "cscript //e:vbscript a",
        "del /z a",
        "set /x a=b",
        "goto nowhere",
        "call :nowhere",
        "call other.bat",
        "for /r %%a in (x) do echo %%a",
        "for /f \"tokens=1\" %%a in ('where cmd') do echo %%a",
        "for %%a in (x) do timeout 1",
        "if exist a (",
        "echo help /?",
        "mklink a b",
        "sc create x",
    ],
)
def test_what_xp_lacks_is_found(line: str) -> None:
    assert len(problems(file(line))) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "ping -n 6 -w 1000 127.0.0.1 >nul",
        'for /f "usebackq tokens=2 delims=[]" %%a in (`ping -n 1 x`) do set A=%%a',
        'for /f "tokens=3,4" %%a in (links.txt) do call :here %%a',
        'start "" "%VNC%" -run',
        'start "title" /min cmd /c run.bat :worker',
        'if /i "%A%"=="B" goto here',
        "if %A% GTR 5 set A=5",
        'reg add "HKCU\\Software" /v A /t REG_DWORD /d 0 /f >nul 2>nul',
        "echo timeout ^& choice ^| powershell",
        'cd /d "%TEMP%" & rd /s /q "%BOX%" & exit',
        "call :here 2>nul >>window.lock",
        ">>a.vbs echo If x = 404 Then y = 42",
        'netstat -an | find ":5500 " >links.txt',
        "rem timeout choice",
    ],
)
def test_what_xp_has_is_left_alone(line: str) -> None:
    assert problems(file(line, ":here")) == []


def test_tasklist_may_be_used_where_somebody_asked_whether_it_is_there() -> None:
    asked = 'if not exist "%SystemRoot%\\system32\\tasklist.exe" goto :eof'
    assert problems(file(asked, "tasklist")) == []


@pytest.mark.parametrize(
    "data",
    [
        b"@echo off\necho a\n",
        b"@echo off\r\necho a\n",
        b"\xef\xbb\xbf@echo off\r\n",
        b"@echo off\r\n\x1a",
        b"@echo off\r\necho " + 9000 * b"a",
    ],
)
def test_files_that_xp_misreads_are_found(data: bytes) -> None:
    assert problems(data) != []
