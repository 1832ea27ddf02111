@echo off
rem  Lets a technician see and control this computer, once its owner has said yes, until this window is closed.
rem
rem  1. Asks. Anything but yes ends here, with nothing written anywhere.
rem  2. Finds TightVNC: beside this file, or where it is installed. A server that runs already is used as it is.
rem     Otherwise this saves the settings below HKCU, sets a few, and starts the server without a listening port.
rem  3. A second, minimised window (:worker) dials, dials again after a loss, and at the end puts everything back.
rem     It ends when this window is closed, a key is pressed here, the session has ended, or its time is up.
rem
rem  All its files are in %%TEMP%%\reachback. Programs used: those of Windows XP, and TightVNC.

setlocal EnableExtensions DisableDelayedExpansion
set "PATH=%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\system32\wbem"
if "%~1"==":worker" goto worker
if "%~1"==":key" goto key
title @title@

echo.
@say asks@
@say until@
echo.
@say sees@
@say files@
@say wire@
echo.
@say off@
echo.
set "ANSWER="
set /p ANSWER=@question@ 
if not defined ANSWER goto declined
rem  Expanded late, so that whatever was typed stays text.
setlocal EnableDelayedExpansion
@accept@
endlocal
goto declined
:agreed
endlocal
echo.

rem  --- What to use ------------------------------------------------------------------------------
set "BOX=%TEMP%\reachback"
set "PF=%ProgramFiles%"
set "PF86=%ProgramFiles(x86)%"
set "PF64=%ProgramW6432%"
if not defined PF86 set "PF86=%PF%"
if not defined PF64 set "PF64=%PF%"
set "SERVER=tvnserver"
set "DIAL=@dial_kit@"
set "VNC=%~dp0tvnserver.exe"
if exist "%VNC%" goto found
set "DIAL=-connect @target@"
set "VNC=%PF%\TightVNC\tvnserver.exe"
if exist "%VNC%" goto found
set "VNC=%PF64%\TightVNC\tvnserver.exe"
if exist "%VNC%" goto found
set "VNC=%PF86%\TightVNC\tvnserver.exe"
if exist "%VNC%" goto found
set "SERVER=WinVNC"
set "VNC=%PF%\TightVNC\WinVNC.exe"
if exist "%VNC%" goto found
set "VNC=%PF86%\TightVNC\WinVNC.exe"
if exist "%VNC%" goto found
@say no_server@
@say where_from@
goto close

:found
@say preparing@
if not exist "%BOX%\" md "%BOX%"
if not exist "%BOX%\" goto failed
cd /d "%BOX%"
set "FREE="
call :mark 2>nul >>window.lock
if not defined FREE goto twice
set "FREE="
call :mark 2>nul >>worker.lock
if not defined FREE goto twice
for %%f in (window.lock worker.lock up.txt key.txt done.txt failed.txt) do if exist %%f del %%f
copy /y "%~f0" run.bat >nul
if not exist run.bat goto failed
set "MODE=start"
set "FOUND=%SERVER%"
for %%s in (tvnserver WinVNC) do call :clear_up %%s
set "SERVER=%FOUND%"
call :names
call :write_scripts
call :how
start "@worker_title@" /min cmd /c run.bat :worker
rem  While this window lives it holds window.lock open; that is how the worker knows.
call :window 2>window.lock
if exist *.reg goto :eof
cd /d "%TEMP%"
rd /s /q "%BOX%"
if not exist "%BOX%\" goto :eof
call :second
rd /s /q "%BOX%"
goto :eof

rem  --- The window -------------------------------------------------------------------------------
:window
set "SHOWN="
set "WAITED=0"
set "PRESSED="
start "" /b cmd /c run.bat :key
:window_again
if exist done.txt goto finished
if exist key.txt goto stopping
call :is_alone
if defined ALONE goto stopping
set "NOW=down"
if exist up.txt set "NOW=up"
if "%NOW%"=="%SHOWN%" goto window_wait
set "WAS=%SHOWN%"
set "SHOWN=%NOW%"
if "%NOW%"=="up" goto window_up
if "%WAS%"=="up" goto window_lost
@say calling@
goto window_wait
:window_lost
@say lost@
goto window_wait
:window_up
@say connected@
@say off@
:window_wait
call :second
goto window_again
:stopping
@say stopping@
if exist key.txt set "PRESSED=1"
:stopping_again
if exist done.txt goto finished
call :second
call :is_alone
if not defined ALONE goto stopping_again
rem  Someone closed the worker's window: what it would have done at the end is done here.
call :tidy
:finished
echo.
if exist failed.txt goto finished_badly
if exist %SERVER%.reg goto finished_kept
@say finished@
goto finished_press
:finished_kept
@say not_back@
goto finished_press
:finished_badly
@say failed@
:finished_press
@say press@
if defined PRESSED pause >nul
:finished_wait
if exist key.txt goto :eof
call :second
goto finished_wait

:is_alone
rem  Alone: there is no worker that holds worker.lock, though it had time to start.
set "ALONE="
set /a WAITED=WAITED+1
if not exist worker.lock if %WAITED% LSS 90 goto :eof
set "FREE="
call :mark 2>nul >>worker.lock
if defined FREE if not exist done.txt set "ALONE=1"
goto :eof

:key
pause >nul
>key.txt echo 1
exit

rem  --- The worker -------------------------------------------------------------------------------
:worker
if "%MODE%"=="start" call :set_up
call :work 2>worker.lock
if not defined GONE goto worker_end
if exist *.reg exit
cd /d "%TEMP%" & rd /s /q "%BOX%" & exit
:worker_end
exit

:work
if exist failed.txt goto work_end
set "LEFT=@loops@"
set "PAUSE=@pause_first@"
set "SINCE=@pause_first@"
set "ASKED=0"
set "GONE="
set "HAD_LINK="
set "MISSED=0"
call :resolve
:work_again
if exist key.txt goto work_end
set "FREE="
if not exist window.lock set /a MISSED=MISSED+1
if %MISSED% GTR 5 goto work_gone
if exist window.lock call :mark 2>nul >>window.lock
if defined FREE goto work_gone
call :look
if "%LINK%"=="up" goto work_up
if exist up.txt del up.txt
if "%LINK%"=="trying" goto work_ask
set /a SINCE=SINCE+1
if %SINCE% LSS %PAUSE% goto work_ask
call :is_running
if "%RUNS%"=="no" goto work_end
if not defined HAD_LINK goto work_dial
rem  A link that is gone may have been ended on purpose.
set "ASKED=0"
cscript //nologo //b ask.vbs >nul 2>nul
if errorlevel 43 goto work_dial
if errorlevel 42 goto work_end
:work_dial
call :resolve
start "" "%VNC%" %CONTROL% %DIAL%
set "SINCE=0"
set /a PAUSE=PAUSE*2
if %PAUSE% GTR @pause_last@ set "PAUSE=@pause_last@"
goto work_ask
:work_up
>up.txt echo 1
set "HAD_LINK=1"
set "PAUSE=@pause_first@"
set "SINCE=0"
:work_ask
set /a ASKED=ASKED+1
if %ASKED% LSS @ask_every@ goto work_wait
set "ASKED=0"
cscript //nologo //b ask.vbs >nul 2>nul
if errorlevel 43 goto work_wait
if errorlevel 42 goto work_end
:work_wait
ping -n @tick_pings@ 127.0.0.1 >nul
set /a LEFT=LEFT-1
if %LEFT% GTR 0 goto work_again
goto work_end
:work_gone
set "GONE=1"
:work_end
call :tidy
>done.txt echo 1
goto :eof

:look
rem  Any state is taken for a link, but those that are known to be none: some Windows translate these words.
set "LINK=down"
netstat -an | find ":@port@ " >links.txt
for /f "tokens=3,4" %%a in (links.txt) do call :judge %%a %%b
goto :eof
:judge
set "FAR=%~1"
set "WORD=%~2"
if not "%FAR:~-@port_len@%"==":@port@" goto :eof
if defined IP if not "%FAR%"=="%IP%:@port@" goto :eof
if "%WORD%"=="" goto :eof
set "WORD=%WORD:~0,3%"
for %%w in (TIM WAR CLO SCH FIN LAS LIS ABH) do if /i "%WORD%"=="%%w" goto :eof
if /i "%WORD%"=="SYN" goto judge_trying
set "LINK=up"
goto :eof
:judge_trying
if "%LINK%"=="down" set "LINK=trying"
goto :eof

:resolve
rem  Only where a browser could have connections to the same port: otherwise the port tells enough.
set "IP=@ip@"
@resolve@
goto :eof

rem  --- What is used by both ---------------------------------------------------------------------
:mark
set "FREE=1"
goto :eof

:second
ping -n 2 127.0.0.1 >nul
goto :eof

:names
set "TOP=HKCU\Software\TightVNC"
set "KEY=HKCU\Software\TightVNC\Server"
set "CONTROL=-controlapp"
set "HANG_UP=-disconnectall"
set "SHUT_DOWN=-shutdown"
if "%SERVER%"=="tvnserver" goto :eof
set "TOP=HKCU\Software\ORL"
set "KEY=HKCU\Software\ORL\WinVNC3"
set "CONTROL="
set "HANG_UP=-killallclients"
set "SHUT_DOWN=-kill"
goto :eof

:how
rem  MODE: service or app where a server runs already, whose settings and password are not ours to change.
sc query %SERVER% | find "RUNNING" >nul
if errorlevel 1 goto how_app
set "MODE=service"
if "%SERVER%"=="tvnserver" set "CONTROL=-controlservice"
set "DIAL=-connect @target@"
goto :eof
:how_app
call :is_running
if not "%RUNS%"=="yes" goto :eof
set "MODE=app"
set "DIAL=-connect @target@"
goto :eof

:is_running
rem  RUNS: yes, no, or empty where neither script nor program can tell.
set "RUNS="
cscript //nologo //b process.vbs >nul 2>nul
if errorlevel 44 goto is_running_list
if errorlevel 43 set "RUNS=no"
if errorlevel 43 goto :eof
if errorlevel 42 set "RUNS=yes"
if errorlevel 42 goto :eof
:is_running_list
rem  XP Home has no tasklist.
if not exist "%SystemRoot%\system32\tasklist.exe" goto :eof
tasklist /fi "imagename eq %SERVER%.exe" 2>nul | find /i "%SERVER%.exe" >nul
if not errorlevel 1 set "RUNS=yes"
goto :eof

:set_up
reg query "%TOP%" >nul 2>nul
if errorlevel 1 >%SERVER%.top echo 1
reg query "%KEY%" >nul 2>nul
if errorlevel 1 goto set_up_new
reg export "%KEY%" %SERVER%.reg >nul 2>nul
if exist %SERVER%.reg goto set_up_change
>failed.txt echo 1
goto :eof
:set_up_new
>%SERVER%.new echo 1
:set_up_change
if not "%SERVER%"=="tvnserver" goto set_up_old
reg add "%KEY%" /v AcceptRfbConnections /t REG_DWORD /d 0 /f >nul
reg add "%KEY%" /v AcceptHttpConnections /t REG_DWORD /d 0 /f >nul
reg add "%KEY%" /v LoopbackOnly /t REG_DWORD /d 0 /f >nul
reg add "%KEY%" /v EnableFileTransfers /t REG_DWORD /d @file_transfer@ /f >nul
@password@
goto set_up_run
:set_up_old
reg add "%KEY%" /v SocketConnect /t REG_DWORD /d 0 /f >nul
:set_up_run
start "" "%VNC%" -run
ping -n @start_pings@ 127.0.0.1 >nul
goto :eof

:clear_up
rem  What a run left behind that was cut short, by a power failure for example.
set "SERVER=%~1"
call :names
call :write_scripts
if exist %SERVER%.reg goto tidy
if exist %SERVER%.new goto tidy
goto :eof

:tidy
if exist failed.txt goto :eof
if "%MODE%"=="service" goto tidy_hang_up
call :is_running
if "%RUNS%"=="no" goto put_back
:tidy_hang_up
start "" "%VNC%" %CONTROL% %HANG_UP%
call :second
if not "%MODE%"=="start" goto :eof
start "" "%VNC%" %CONTROL% %SHUT_DOWN%
call :second
call :second
:put_back
if exist %SERVER%.reg goto put_back_saved
if not exist %SERVER%.new goto :eof
reg delete "%KEY%" /f >nul 2>nul
if exist %SERVER%.top reg delete "%TOP%" /f >nul 2>nul
for %%f in (%SERVER%.new %SERVER%.top) do if exist %%f del %%f
goto :eof
:put_back_saved
reg delete "%KEY%" /f >nul 2>nul
reg import %SERVER%.reg >nul 2>nul
if not errorlevel 1 del %SERVER%.reg
goto :eof

:write_scripts
rem  42 and 43 are yes and no, whatever else comes back means that nobody knows.
>process.vbs echo On Error Resume Next
>>process.vbs echo WScript.Timeout = 20
>>process.vbs echo Set wmi = CreateObject("WbemScripting.SWbemLocator").ConnectServer(".", "root\cimv2")
>>process.vbs echo count = -1
>>process.vbs echo count = wmi.ExecQuery("Select * From Win32_Process Where Name = '%SERVER%.exe'").Count
>>process.vbs echo answer = 42
>>process.vbs echo If count = 0 Then answer = 43
>>process.vbs echo If count = -1 Then answer = 44
>>process.vbs echo WScript.Quit answer
>ask.vbs echo On Error Resume Next
>>ask.vbs echo WScript.Timeout = 20
>>ask.vbs echo Set web = CreateObject("WinHttp.WinHttpRequest.5.1")
>>ask.vbs echo web.SetTimeouts 4000, 4000, 4000, 4000
>>ask.vbs echo web.Open "GET", "@page@", False
>>ask.vbs echo web.SetRequestHeader "Accept", "application/json"
>>ask.vbs echo web.Send
>>ask.vbs echo status = 0
>>ask.vbs echo status = web.Status
>>ask.vbs echo answer = 43
>>ask.vbs echo If status = 404 Then answer = 42
>>ask.vbs echo If status = 410 Then answer = 42
>>ask.vbs echo WScript.Quit answer
goto :eof

rem  --- Ends of the road -------------------------------------------------------------------------
:declined
echo.
@say declined@
goto close
:twice
@say twice@
goto close
:failed
@say failed@
:close
cd /d "%TEMP%"
@say press@
pause >nul
